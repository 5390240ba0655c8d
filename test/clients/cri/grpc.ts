import * as http2 from 'node:http2';
import * as net from 'node:net';

/** What a server refuses, in its words. */
export class Refusal extends Error {}

/** A flag, of which none is set, and a length. */
const FRAME_HEADER = 5;

/**
 * One unary call of gRPC at a socket, over a connection of its own: a server that was restarted in between is not
 * noticed.
 */
export async function unary(socket: string, path: string, request: Uint8Array, seconds: number): Promise<Uint8Array> {
  const session = http2.connect('http://localhost', { createConnection: () => net.connect(socket) });
  // 'close' comes in any case, and says nothing.
  session.on('error', () => {});
  try {
    return await exchange(session, path, request, seconds);
  } finally {
    session.destroy();
  }
}

function exchange(
  session: http2.ClientHttp2Session,
  path: string,
  request: Uint8Array,
  seconds: number,
): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const stream = session.request({
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc',
      te: 'trailers',
      'grpc-timeout': `${seconds}S`,
    });
    const timer = setTimeout(() => reject(new Error(`${path}: no answer after ${seconds} s`)), (seconds + 1) * 1000);
    const chunks: Buffer[] = [];
    let end: http2.IncomingHttpHeaders = {};
    // A server that refuses at once does so in the headers.
    stream.on('response', (headers) => {
      end = headers;
    });
    stream.on('trailers', (trailers) => {
      end = trailers;
    });
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('error', reject);
    stream.on('close', () => {
      clearTimeout(timer);
      const status = end['grpc-status'];
      if (status === '0') resolve(Buffer.concat(chunks).subarray(FRAME_HEADER));
      else if (status === undefined) reject(new Error(`${path}: the connection ended without an answer`));
      else reject(new Refusal(decodeURIComponent(String(end['grpc-message'] ?? `${path}: grpc-status ${status}`))));
    });
    stream.end(framed(request));
  });
}

function framed(message: Uint8Array): Buffer {
  const header = Buffer.alloc(FRAME_HEADER);
  header.writeUInt32BE(message.length, 1);
  return Buffer.concat([header, message]);
}
