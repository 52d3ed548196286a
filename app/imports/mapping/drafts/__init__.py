"""What is left to decide in a drafted mapping: its guesses and open choices as questions, and lines changed by answers.

Only the text of a draft counts, whoever drew it up (`app.imports.mapping.suggest`, or a person); who asks, and how, is
not told here.
"""
