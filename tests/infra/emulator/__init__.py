"""An account on this machine: moto's server, and what the platform needs that moto lacks.

It proves wiring: that the real CLI can deploy the templates, that events reach the deployed code, and that
what this code asks of AWS is what AWS's API has. It proves neither permissions nor quotas: nothing here
looks at IAM. Types that are accepted and have no effect are in `stubs`.
"""
