"""Views of tickets (查询器) that people keep: conditions, columns, groups, order, and who sees them [000 §5.1.5]."""
