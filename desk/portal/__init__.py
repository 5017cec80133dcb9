"""The customer's front door, without an account: form links, their QR codes, and the tracking page."""
