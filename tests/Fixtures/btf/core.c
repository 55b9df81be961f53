/* Accesses that are adapted to the kernel: members, a bit field, existence and size. */
struct task_struct {
	int pid;
	struct {
		long low;
		int deep[4];
	} inner;
	unsigned int flag : 3;
} __attribute__((preserve_access_index));

int read_task(struct task_struct *task)
{
	int sum = task->pid + task->inner.deep[2];
	sum += __builtin_preserve_field_info(task->flag, 0);
	sum += __builtin_preserve_type_info(*(struct task_struct *)0, 1);
	return sum;
}
