"""What can be wrong with what an operator gave the simulator."""


class DeviceSimError(Exception):
    """Root of this package's errors."""


class ConfigError(DeviceSimError):
    """A profile, fleet or option that cannot be used.

    where: the file (or option); key: the dotted key in it, "" for the whole; remedy: one sentence that says
    what to write instead.
    """

    def __init__(self, where: str, key: str, remedy: str) -> None:
        super().__init__(f"{where}: {key}: {remedy}" if key else f"{where}: {remedy}")
        self.where = where
        self.key = key
        self.remedy = remedy


class ActError(DeviceSimError):
    """This printer cannot do that. key: the parameter that is wrong, "" for the act itself."""

    def __init__(self, key: str, remedy: str) -> None:
        super().__init__(f"{key}: {remedy}" if key else remedy)
        self.key = key
        self.remedy = remedy
