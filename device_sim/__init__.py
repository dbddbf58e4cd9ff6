"""Simulated printers and fleets of them: state, agents, ground truth."""
