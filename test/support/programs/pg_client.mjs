// node-postgres: simple, extended and prepared queries, a portal that is fetched in parts, an error, concurrency on a pool, COPY.
import pg from 'pg';

const [, , connectionString] = process.argv;
const client = new pg.Client({ connectionString, ssl: false });
await client.connect();
await client.query('CREATE TABLE orders(id int, buyer text)');
for (let id = 0; id < 50; id++) {
  await client.query(`INSERT INTO orders VALUES (${id}, 'hunter${id}')`);
  await client.query('SELECT id FROM orders WHERE buyer = $1 AND id > $2', [`hunter${id}`, -1]);
  await client.query({ name: 'by-id', text: 'SELECT buyer FROM orders WHERE id = $1', values: [id] });
}
// Executes of at most 20 rows each: 20, 20, 10.
const parts = await client.query({ text: 'SELECT buyer FROM orders WHERE id >= $1', values: [0], rows: 20 });
if (parts.rows.length !== 50) throw new Error('parts');
await client.query('SELECT nosuch FROM orders').catch(({ code }) => {
  if (code !== '42703') throw new Error(code);
});
await client.query('SELECT 1/$1::int', [0]).catch(({ code }) => {
  if (code !== '22012') throw new Error(code);
});
await client.query("PREPARE hunted AS UPDATE orders SET buyer = 'hunter' WHERE id = $1");
await client.query('EXECUTE hunted(1)');
await client.query('DEALLOCATE hunted');
await client.query('EXECUTE hunted(1)').catch(() => undefined);
await client.query('SET standard_conforming_strings = off');
await client.query("SELECT 'a\\'hunter', id FROM orders WHERE id = 1");
await client.end();

const pool = new pg.Pool({ connectionString, ssl: false, max: 4 });
await Promise.all(Array.from({ length: 100 }, (_, id) => pool.query('SELECT id FROM orders WHERE id = $1', [id])));
await pool.end();
