"""Recording a real printer: what is kept of what it says, and what is put in place of its identity."""
