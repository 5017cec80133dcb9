"""What ties tickets to people and to each other: hand-over, copies, followers, links, splitting, merging.

These are acts on the record, like editing: they do not move the ticket along its diagram. Each is a line of the trail,
an event of the catalogue, an operator for diagrams, a button and a call of the API.
"""
