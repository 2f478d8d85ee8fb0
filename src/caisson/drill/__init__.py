"""Breaks things on purpose, measures from outside, and writes down what was seen."""
