"""``shelfrank check-deploy``: whether the files of a TF Serving deployment agree with a bundle and with each other."""
