namespace KernelDebug.Triage;

/// <summary>Where the guilty frame of a kind is looked for.</summary>
public enum GuiltyRule
{
    /// <summary>The instruction pointer, then the call trace.</summary>
    InstructionPointer,
    /// <summary>The place the headline names, then the call trace.</summary>
    Headline,
    /// <summary>The call trace alone.</summary>
    CallTrace,
    /// <summary>lockdep: where the lock is wanted that cannot be had, then the call trace.</summary>
    WantedLock,
    /// <summary>Where the object was allocated: the leak's or the bad page's origin.</summary>
    Allocation,
    /// <summary>lockdep: where the lock was taken that makes the order unsafe.</summary>
    LockAcquisition,
    /// <summary>A lockup hits anywhere inside a loop: the function that generic code called last on the way there.</summary>
    Lockup,
    /// <summary>As <see cref="Lockup"/>, in the stack that the stall's interrupt hit.</summary>
    Stall,
    /// <summary>A hung task waits in the lock's code: the first function that is neither lock nor scheduler.</summary>
    Hang,
    /// <summary>The report names no function.</summary>
    None,
}
