// node mysql2: text and prepared queries, an error, several statements, a procedure, another user, a pool.
import mysql from 'mysql2/promise';

const [, , password] = process.argv;
const options = { host: '127.0.0.1', user: 'me', password, database: 'shop', multipleStatements: true };
const connection = await mysql.createConnection(options);
await connection.query('CREATE TABLE orders(id int, buyer varchar(40))');
for (let id = 0; id < 50; id++) {
  await connection.query('INSERT INTO orders VALUES (?, ?)', [id, `hunter${id}`]);
  await connection.execute('SELECT id FROM orders WHERE buyer = ? AND id > ?', [`hunter${id}`, -1]);
}
await connection.query('SELECT nosuch FROM orders').catch(({ errno }) => {
  if (errno !== 1054) throw new Error(errno);
});
await connection.execute('SELECT nosuch FROM orders').catch(({ errno }) => {
  if (errno !== 1054) throw new Error(errno);
});
await connection.query(
  "SELECT 'hunter'; SELECT id FROM orders WHERE buyer = 'hunter1'; DELETE FROM orders WHERE id = 49",
);
await connection.query('CALL two()');
await connection.query("SET SESSION sql_mode = 'NO_BACKSLASH_ESCAPES'");
await connection.query("SELECT id, 'C:\\' FROM orders WHERE buyer <> 'hunter'");
await connection.ping();
await connection.changeUser({ user: 'me', password, database: 'shop' });
await connection.query('SELECT id FROM orders WHERE id = 1');
await connection.end();

const pool = mysql.createPool({ ...options, connectionLimit: 4 });
await Promise.all(Array.from({ length: 100 }, (_, id) => pool.execute('SELECT id FROM orders WHERE id = ?', [id])));
await pool.end();
