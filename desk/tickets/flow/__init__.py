"""What flows need beside states: going back to an earlier step, approvals, steps that take too long."""
