using System.Buffers.Binary;
using KernelDebug.Bpf;
using Xunit;

namespace KernelDebug.Tests.Bpf;

public class EventQueueTests
{
    [Fact]
    public void Records_ComeOutAsTheyWentIn()
    {
        var queue = new EventQueue(1 << 20);
        byte[][] records = [[1], [], [2, 3, 4], new byte[200_000]];
        queue.Add(0, records[0]);
        Assert.False(queue.TryRead(TimeSpan.Zero, out _, out _));
        for (int i = 1; i < records.Length; i++)
        {
            queue.Add(i, records[i]);
        }

        queue.Flush();
        queue.Complete();
        for (int i = 0; i < records.Length; i++)
        {
            Assert.False(queue.IsDrained);
            Assert.True(queue.TryRead(TimeSpan.Zero, out int source, out ReadOnlySpan<byte> record));
            Assert.Equal(i, source);
            Assert.Equal(records[i], record.ToArray());
        }

        Assert.False(queue.TryRead(TimeSpan.FromMinutes(1), out _, out _));
        Assert.True(queue.IsDrained);
    }

    [Fact]
    public void WhatDoesNotFit_IsDroppedAndCounted()
    {
        var queue = new EventQueue(1000);
        for (int i = 0; i < 100; i++)
        {
            queue.Add(0, new byte[92]);
        }

        queue.Flush();
        Assert.Equal(10, queue.ReceivedCount);
        Assert.Equal(90, queue.DroppedCount);
        Assert.True(queue.TryRead(TimeSpan.Zero, out _, out _));
        Assert.True(queue.TryAdd(0, new byte[92]));
        Assert.False(queue.TryAdd(0, new byte[92]));
    }

    [Fact]
    public void OneWriterAndOneReader_LoseNothing()
    {
        const int Count = 300_000;
        var queue = new EventQueue(1 << 16);
        long kept = 0;
        var writer = new Thread(() =>
        {
            byte[] record = new byte[8];
            for (int i = 0; i < Count; i++)
            {
                BinaryPrimitives.WriteInt64LittleEndian(record, i);
                kept += queue.TryAdd(7, record) ? 1 : 0;
                if (i % 100 == 0)
                {
                    queue.Flush();
                }
            }

            queue.Flush();
            queue.Complete();
        });
        writer.Start();
        long last = -1, read = 0;
        while (!queue.IsDrained)
        {
            while (queue.TryRead(TimeSpan.FromMilliseconds(100), out int source, out ReadOnlySpan<byte> record))
            {
                long number = BinaryPrimitives.ReadInt64LittleEndian(record);
                Assert.True(number > last);
                Assert.Equal(7, source);
                last = number;
                read++;
            }
        }

        writer.Join();
        Assert.Equal(kept, read);
        Assert.Equal(kept, queue.ReceivedCount);
    }
}
