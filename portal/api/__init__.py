"""What programs call: ingest, enrolment, keys, exports."""
