"""From files of the library to running versions, and which instances run on which."""
