//! WebAssembly as bytes, where a text would be too long to be read.

/// A core module of functions that multiply a number by itself, for as long as that gives 0.
pub fn module_of_functions(count: usize, multiplications: usize) -> Vec<u8> {
    const NO_LOCALS_AND_LOOP: [u8; 3] = [0, 0x03, 0x40];
    const MULTIPLY: [u8; 7] = [0x20, 0, 0x20, 0, 0x7e, 0x21, 0];
    const AGAIN_IF_ZERO_ELSE_RETURN: [u8; 9] = [0x20, 0, 0x50, 0x0d, 0, 0x0b, 0x20, 0, 0x0b];
    let body = [&NO_LOCALS_AND_LOOP[..], &MULTIPLY.repeat(multiplications), &AGAIN_IF_ZERO_ELSE_RETURN].concat();
    let sized_body = [length(body.len()), body].concat();
    let header = b"\0asm\x01\0\0\0".to_vec();
    let types = append(header, 1, &[1, 0x60, 1, 0x7e, 1, 0x7e]);
    let functions = append(types, 3, &[length(count), vec![0; count]].concat());
    append(functions, 10, &[length(count), sized_body.repeat(count)].concat())
}

/// Appends a section to a module or component.
pub fn append(mut binary: Vec<u8>, id: u8, content: &[u8]) -> Vec<u8> {
    binary.push(id);
    binary.extend(length(content.len()));
    binary.extend(content);
    binary
}

/// A length as WebAssembly writes it: seven bits a byte, the lowest first.
pub fn length(mut value: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value >= 0x80 {
        bytes.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}
