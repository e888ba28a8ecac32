# The verbs live in do.py; "make VERB" is "python3 do.py VERB".
.PHONY: help
help:
	@python3 do.py

%:
	@python3 do.py $@
# "make" looks for these names first; they are files, not verbs.
Makefile do.py: ;
