/* The kernel under the loop: looks at what each system call is given, and answers as a kernel might. */
/* As much as was asked for, some of it, or an error; `count` bytes are there or the loop is wrong. */
static long transfer(void *data, u64 count, int fills)
{
	REQUIRE(inside(data, count));
	u64 done = one_in(4) && count ? 1 + next() % count : count;
	u8 *bytes = data;
	if (fills && done)
		bytes[0] = bytes[done - 1] = (u8)next();
	static const long errors[] = {-4, -11, -32, -14, -5}; /* EINTR, EAGAIN, EPIPE, EFAULT, EIO */
	if (calm || !one_in(8))
		return (long)(done > 0x7ffff000 ? 0x7ffff000 : done); /* MAX_RW_COUNT, linux/fs.h */
	long error = errors[next() % 5];
	if (error == -14)
		faulted = 1;
	return error;
}

static long fill_events(struct epoll_event *events, long most)
{
	long count = (long)(next() % (u64)(most + 1));
	for (long i = 0; i < count; i++)
		events[i] = (struct epoll_event){1, one_in(4) ? 0xfffffffeu : next() % MOST_DEVICES};
	return one_in(8) ? -4 : count;
}

static long on_device(long number, int fd, void *data, u64 count, u64 offset)
{
	int block = number == __NR_pread64 || number == __NR_pwrite64;
	const struct device *device = &guest_parameters.devices[(fd - 100) & 63];
	REQUIRE(device->fd == fd && device->kind == (block ? DEVICE_BLOCK : DEVICE_NET));
	if (block)
		REQUIRE((unsigned __int128)offset + count <= device->capacity);
	return transfer(data, count, number == __NR_read || number == __NR_pread64);
}

long system_call(long number, long a, long b, long c, long d, long e, long f)
{
	(void)e, (void)f;
	switch (number) {
	case __NR_ioctl:
		REQUIRE(a == guest_parameters.vcpu);
		if ((u64)b == KVM_RUN)
			return run_guest();
		REQUIRE((u64)b == READ_REGISTERS);
		give_registers((void *)c);
		return one_in(8) ? -22 : 0;
	case __NR_write:
		if (a == 2) {
			REQUIRE(c > 40 && c <= 192 && ((const char *)b)[c - 1] == '\n' && !memchr((const char *)b, 0, (u64)c));
			return c;
		}
		return a == 1 ? transfer((void *)b, (u64)c, 0) : on_device(number, (int)a, (void *)b, (u64)c, 0);
	case __NR_read:
	case __NR_pread64:
	case __NR_pwrite64:
		return on_device(number, (int)a, (void *)b, (u64)c, (u64)d);
	case __NR_epoll_pwait:
		REQUIRE(a == guest_parameters.wait_set && c > 0 && c <= MOST_DEVICES);
		return fill_events((void *)b, c);
	case __NR_timerfd_settime: {
		const struct __kernel_itimerspec *timer = (const void *)c;
		REQUIRE(a == guest_parameters.timer && timer->it_value.tv_nsec > 0 && timer->it_value.tv_nsec < 1000000000);
		REQUIRE(timer->it_value.tv_sec >= 0 && timer->it_interval.tv_sec == 0 && timer->it_interval.tv_nsec == 0);
		return 0;
	}
	case __NR_clock_gettime:
		*(struct __kernel_timespec *)b = (struct __kernel_timespec){(long long)(next() >> 31), (long long)(next() % 1000000000)};
		return 0;
	case __NR_exit_group:
		status = (int)a;
		longjmp(end_of_guest, 2);
	}
	REQUIRE(!"an allowed call");
	return 0;
}
