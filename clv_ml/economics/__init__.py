"""Economics of cohorts: what they bought, came back and were worth, observed and simply computed."""
