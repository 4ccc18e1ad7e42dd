"""How good a model is, where it is wrong, and whether it is better than the champion.

Like `corpus`, a low layer: no AWS, no deep-learning framework.
"""
