import { databaseContract } from '../contracts/database.ts';
import { databaseNames, describeDatabases } from '../support/databases.ts';

describeDatabases('a database', databaseNames, databaseContract);
