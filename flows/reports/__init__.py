"""Tables, pages and pictures for people, made from what a warehouse holds."""
