"""What the animator may trust: report.json for programs, report.html for people."""
