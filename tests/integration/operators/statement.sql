select '{{ ti.task_id }}'
