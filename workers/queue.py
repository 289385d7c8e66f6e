"""The queue's own upkeep."""

from sqlalchemy import text

from marketplace.kit.jobs import Work, job

KEPT_DAYS = 30
"""How long done and failed jobs are kept for whoever wants to know what happened."""


@job("queue.tidy")
async def tidy(work: Work) -> None:
    """Forget jobs that ended long ago. Their events go with them."""
    await work.session.execute(
        text(
            """
            DELETE FROM procrastinate_jobs
            WHERE status NOT IN ('todo', 'doing')
              AND id IN (
                SELECT job_id FROM procrastinate_events
                GROUP BY job_id
                HAVING max(at) < now() - make_interval(days => :days)
                LIMIT 50000
              )
            """
        ),
        {"days": KEPT_DAYS},
    )
