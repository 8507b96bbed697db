"""Examines a deployment from outside: reads only, judges, and says how to mend what is not well."""
