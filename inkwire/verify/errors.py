"""Why a comparison could not be made. Each message is one sentence with its remedy, for the person at the terminal."""


class VerifyError(Exception):
    """Root of this package's errors: nothing was compared, so nothing may be called lost or complete."""


class TruthError(VerifyError):
    """The truth file cannot be read, or is not whole."""


class ExportError(VerifyError):
    """The portal cannot be reached or trusted, refuses the token, or its export is not whole."""
