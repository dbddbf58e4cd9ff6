"""The portal: ingest, ledger, console, API and exports."""
