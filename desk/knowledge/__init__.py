"""Articles of the knowledge base: written, reviewed, published; often made of a ticket [000 §5.2.11]."""
