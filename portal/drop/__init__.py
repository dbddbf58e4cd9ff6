"""The drop directory: sealed files that came by FTP, or by any other way, and the receipts for them."""
