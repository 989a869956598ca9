"""The evaluation: questions with right answers, four arms, deterministic scoring, the report and the gate."""
