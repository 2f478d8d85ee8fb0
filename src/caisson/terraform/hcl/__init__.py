"""The text of a configuration, read and evaluated as far as it goes without applying it.

files ─▶ native | json_syntax ─▶ syntax ─▶ configuration ─▶ scope + evaluate ─▶ links | expand
         (bytes to expressions)           (modules)         (symbolic values)

A plan tells neither locals nor dynamic blocks nor the form of an expression; its sources do.
"""
