"""Importers: published data sets to the contract tables, one module with one function each."""
