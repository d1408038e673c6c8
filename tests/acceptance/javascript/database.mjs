// A database through @aws-sdk/client-rds, from create to delete; says a word for each step.
// Endpoint, Region, credentials and CA come from the environment, as `ringwall env` prints it.
import {
  AddTagsToResourceCommand, CreateDBInstanceCommand, DeleteDBInstanceCommand, DescribeDBInstancesCommand,
  ListTagsForResourceCommand, ModifyDBInstanceCommand, RDSClient, waitUntilDBInstanceAvailable, waitUntilDBInstanceDeleted,
} from "@aws-sdk/client-rds";

const client = new RDSClient({});
const name = { DBInstanceIdentifier: "javascript" };
const waiting = { client, minDelay: 1, maxDelay: 1, maxWaitTime: 60 };
const wanted = {
  ...name, Engine: "postgres", DBInstanceClass: "db.t3.micro", AllocatedStorage: 20, MasterUsername: "boss",
  MasterUserPassword: "correct-horse-battery", DBSubnetGroupName: "two", StorageEncrypted: true,
  VpcSecurityGroupIds: [process.argv[2]],
};

const made = await client.send(new CreateDBInstanceCommand(wanted));
console.log(made.DBInstance.DBInstanceStatus);
await waitUntilDBInstanceAvailable(waiting, name);
const { DBInstances: [database] } = await client.send(new DescribeDBInstancesCommand(name));
console.log(database.DBInstanceStatus);

await client.send(new ModifyDBInstanceCommand({ ...name, DeletionProtection: true }));
const refused = await client.send(new DeleteDBInstanceCommand({ ...name, SkipFinalSnapshot: true })).catch((error) => error);
await client.send(new ModifyDBInstanceCommand({ ...name, DeletionProtection: false }));
console.log(refused instanceof Error ? "modified" : "deleted although protected");

const resource = { ResourceName: database.DBInstanceArn };
await client.send(new AddTagsToResourceCommand({ ...resource, Tags: [{ Key: "team", Value: "shop" }] }));
const { TagList } = await client.send(new ListTagsForResourceCommand(resource));
console.log(TagList.some((tag) => tag.Key === "team" && tag.Value === "shop") ? "tagged" : "not tagged");

const again = await client.send(new CreateDBInstanceCommand(wanted)).catch((error) => error);
console.log(again.name);

await client.send(new DeleteDBInstanceCommand({ ...name, SkipFinalSnapshot: true }));
await waitUntilDBInstanceDeleted(waiting, name);
console.log("gone");
