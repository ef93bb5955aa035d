"""Two versions of a model beside each other on the same pages."""
