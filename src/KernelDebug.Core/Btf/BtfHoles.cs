namespace KernelDebug.Btf;

/// <summary>
/// What is free between the members of a structure, reckoned as pahole does: bits between bit fields of one storage are bit holes, whole
/// bytes are holes.
/// </summary>
internal struct BtfHoles
{
    private long _end;
    private long _storageEnd;
    private long _storageSize;
    private bool _isInBitField;

    /// <param name="byteSize">The structure's bytes.</param>
    public BtfHoles(uint byteSize) => _storageEnd = byteSize * 8L;

    /// <summary>Goes over the next member: the bytes and bits that are free before it.</summary>
    /// <param name="start">Its first bit, from the structure's start.</param>
    /// <param name="width">Bits of a bit field; 0 for none.</param>
    /// <param name="byteOffset">Its first byte, or that of its storage.</param>
    /// <param name="byteSize">Its bytes, or those of its storage.</param>
    public (long Bytes, long Bits) Next(long start, int width, long byteOffset, long byteSize)
    {
        long bytes = 0;
        long bits = 0;
        if (_isInBitField)
        {
            long storageEnd = Math.Min(start, _storageEnd);
            bits = storageEnd - _end;
            _end = storageEnd;
        }

        if (width != 0)
        {
            long storageStart = byteOffset * 8;
            if (_end < storageStart && storageStart <= start)
            {
                bytes = byteOffset - (_end / 8);
                _end = storageStart;
            }

            bits += start - _end;
        }
        else
        {
            bytes = (start / 8) - (_end / 8);
        }

        _end = start + (width != 0 ? width : byteSize * 8);
        if (width == 0)
        {
            _isInBitField = false;
            _storageSize = 0;
            _storageEnd = _end;
        }
        else
        {
            _isInBitField = true;
            if (_end > _storageEnd || byteSize * 8 > _storageSize)
            {
                _storageSize = byteSize * 8;
                _storageEnd = (byteOffset * 8) + _storageSize;

                // Bits can begin in the storage before and go on into theirs.
                _storageEnd += _end > _storageEnd ? _storageSize : 0;
            }
        }

        return (bytes, bits);
    }

    /// <summary>What is free behind the last member.</summary>
    /// <param name="byteSize">The structure's bytes.</param>
    public readonly (long Bytes, long Bits) Padding(uint byteSize)
    {
        long storageEnd = _isInBitField ? Math.Min(byteSize * 8L, _storageEnd) : _end;
        return (byteSize - (storageEnd / 8), storageEnd - _end);
    }
}
