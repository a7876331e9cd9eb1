"""One module for each rule, named after the defect. `asynclint.rulekit.discovery` finds them; none is registered."""
