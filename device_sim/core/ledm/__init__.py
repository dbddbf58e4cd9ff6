"""HP's office dialect, LEDM: XML documents over the live state. Element names as HP printers use them."""
