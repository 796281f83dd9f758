"""Tables of attributes of pictures: a file for the whole table, one for what a column becomes."""
