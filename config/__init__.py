"""What people edit, typed: families and environments.

The basement of the house: it may be imported by every package and imports none of ours.
"""
