"""A recording of a real printer, brought to life: its model, its MIB, its documents."""
