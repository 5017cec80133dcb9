"""Rules for people who do not draw: triggers, automations and macros, each of them a diagram and a decision table."""
