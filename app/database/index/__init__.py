"""What is derived from documents: the rows of every index, made in one function, put in and taken out."""
