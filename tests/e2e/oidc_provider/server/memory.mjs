// Where oidc-provider keeps everything: in memory, by model and id. What has expired, it sorts out itself.

const models = new Map();

export const recordsOf = (model) => {
  if (!models.has(model)) models.set(model, new Map());
  return models.get(model);
};

export class Memory {
  constructor(model) {
    this.records = recordsOf(model);
  }

  async upsert(id, record) {
    this.records.set(id, record);
  }

  async find(id) {
    return this.records.get(id);
  }

  async findByUid(uid) {
    return [...this.records.values()].find((record) => record.uid === uid);
  }

  async consume(id) {
    this.records.get(id).consumed = Math.floor(Date.now() / 1000);
  }

  async destroy(id) {
    this.records.delete(id);
  }

  async revokeByGrantId(grantId) {
    for (const [id, record] of this.records) {
      if (record.grantId === grantId) this.records.delete(id);
    }
  }
}
