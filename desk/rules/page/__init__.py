"""What macros do to the page that somebody works on."""
