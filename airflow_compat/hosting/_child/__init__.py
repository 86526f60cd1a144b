"""The code that runs in the Airflow host (the interpreter in which Airflow is installed).

This code uses only the standard library and Airflow, and is sent to the host over a socket.

This code runs on Python 3.8 and later, with Airflow 2.7 to 2.11 and 3.0 to 3.3. Only these files import Airflow.
"""
