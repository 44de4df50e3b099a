"""The nightly job in Airflow 3: score, then review; a training once a week.

Set the Airflow variable-like environment of the workers: CLV_ML_CONFIG (config of the job), and CLV_ML (the command,
where it is not on the PATH). A night that is run again finds its list and does nothing.
"""

from __future__ import annotations

import datetime as dt
import os
import subprocess

from airflow.exceptions import AirflowException, AirflowFailException
from airflow.providers.standard.operators.python import PythonOperator
from airflow.sdk import DAG

# config, data, no model: the next try would end in the same way, and somebody has to look
HOPELESS = {2, 3, 4}


def run_job(command: str, *options: str) -> None:
    """Run one command of clv-ml; its JSON lines go to the log of the task.

    Raises
    ------
    AirflowFailException
        Where another try cannot help.
    AirflowException
        Where it may.
    """
    config = os.environ["CLV_ML_CONFIG"]
    arguments = [os.environ.get("CLV_ML", "clv-ml"), command, "--config", config, "--json", *options]
    done = subprocess.run(arguments, check=False)
    if done.returncode in HOPELESS:
        raise AirflowFailException(f"clv-ml {command}: exit code {done.returncode}; see the log above")
    if done.returncode != 0:
        raise AirflowException(f"clv-ml {command}: exit code {done.returncode}; see the log above")


DEFAULTS = {
    "retries": 2,
    "retry_delay": dt.timedelta(minutes=10),
    "execution_timeout": dt.timedelta(hours=3),
}

with DAG(
    "clv_ml_nightly",
    schedule="15 3 * * *",
    start_date=dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULTS,
    doc_md=__doc__,
) as nightly:
    score = PythonOperator(task_id="score", python_callable=run_job, op_args=["score"])
    review = PythonOperator(task_id="review", python_callable=run_job, op_args=["review"])
    score >> review

with DAG(
    "clv_ml_weekly",
    schedule="0 5 * * 0",
    start_date=dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULTS,
    doc_md=__doc__,
) as weekly:
    train = PythonOperator(task_id="train", python_callable=run_job, op_args=["train"])
