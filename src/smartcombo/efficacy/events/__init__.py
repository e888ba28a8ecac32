"""The parts of the time-to-event analysis: endpoints, comparisons, independent action, visits."""
