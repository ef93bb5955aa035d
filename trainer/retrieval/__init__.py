"""Two-tower retrieval on TensorFlow Recommenders.

That library lives on Keras 2. Only ``python -m trainer.retrieval``, a process of its own, imports it; what comes out is plain
TensorFlow.
"""
