"""Documents that printers are sent: their faces are counted as the octets pass by, and nothing else of them is kept."""
