"""How good a model is, where it is wrong, and whether it is better than the champion.

On the ground floor of the house beside `corpus`: no AWS, no deep-learning framework.
"""
