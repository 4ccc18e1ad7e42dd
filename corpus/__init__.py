"""What a dataset is: samples, formats, synthesis, examination, splits and snapshots.

The ground floor of the house: no AWS, no deep-learning framework; it imports only `config`.
"""
